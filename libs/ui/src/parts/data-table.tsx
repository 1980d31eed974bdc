import { ChevronDown, ChevronUp } from 'lucide-react';
import { useMemo, useState, type ReactNode } from 'react';
import { sortRows, type SortState } from './sort-rows.ts';
import { strings } from '../strings.ts';
import './data-table.css';
import './field.css';

export interface TableColumn<Row> {
  readonly key: string;
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** What rows are ordered by. Unset: this column orders nothing. */
  readonly sort?: (row: Row) => string | number;
  /** Numbers stand right, under each other. */
  readonly number?: boolean;
  /** Takes the room that is left, and may be cut. */
  readonly wide?: boolean;
}

/** Rows under columns that order them. Where there is little room it scrolls sideways, by keyboard too. */
export function DataTable<Row>(props: {
  /** What the table says, for those who do not see it. */
  readonly label: string;
  readonly columns: readonly TableColumn<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly first?: SortState;
  readonly empty?: ReactNode;
  /** A last row, of sums. */
  readonly footer?: readonly ReactNode[] | undefined;
}) {
  const { columns, rows, footer } = props;
  const [order, setOrder] = useState<SortState | undefined>(props.first);
  const ordered = useMemo(() => {
    const by = columns.find(({ key }) => key === order?.key)?.sort;
    return by && order ? sortRows(rows, by, order.descending) : rows;
  }, [rows, columns, order]);
  if (rows.length === 0 && props.empty !== undefined) return <>{props.empty}</>;
  const turn = (column: TableColumn<Row>): void =>
    setOrder((before) => ({
      key: column.key,
      descending: before?.key === column.key ? !before.descending : column.number === true,
    }));
  return (
    <div className="nt-table-room" tabIndex={0} role="group" aria-label={props.label}>
      <table className="nt-table" role="table">
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                role="columnheader"
                className={column.number ? 'nt-num' : undefined}
                aria-sort={order?.key !== column.key ? undefined : order.descending ? 'descending' : 'ascending'}
              >
                {column.sort ? (
                  <button type="button" onClick={() => turn(column)}>
                    {column.title}
                    {order?.key === column.key &&
                      (order.descending ? <ChevronDown aria-hidden size={12} /> : <ChevronUp aria-hidden size={12} />)}
                  </button>
                ) : column.title === '' ? (
                  <span className="nt-unseen">{strings.host.form.actions}</span>
                ) : (
                  column.title
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {ordered.map((row) => (
            <tr key={props.rowKey(row)} role="row">
              {columns.map((column) => (
                <td
                  key={column.key}
                  role="cell"
                  data-title={column.title}
                  className={
                    [column.number && 'nt-num', column.wide && 'nt-wide'].filter(Boolean).join(' ') || undefined
                  }
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
        {footer && (
          <tfoot role="rowgroup">
            <tr role="row">
              {columns.map((column, at) => (
                <td
                  key={column.key}
                  role="cell"
                  data-title={column.title}
                  className={column.number ? 'nt-num' : undefined}
                >
                  {footer[at]}
                </td>
              ))}
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  );
}
