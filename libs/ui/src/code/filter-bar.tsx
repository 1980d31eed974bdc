import { symbolKinds } from '@nootropic/contracts';
import { ListFilterPlus, X } from 'lucide-react';
import { useState } from 'react';
import { Button, IconButton } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { SelectField, TextField } from '../parts/field.tsx';
import { strings } from '../strings.ts';
import { addFilter, filterNames, filterText, removeFilter, type FilterName, type SearchForm } from './search-model.ts';

const text = strings.code.search;

/** What narrows the search, before its words: each can be taken away, and one more added. */
export function FilterBar({
  form,
  onChange,
}: {
  readonly form: SearchForm;
  readonly onChange: (form: SearchForm) => void;
}) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      {form.filters.map((filter) => {
        const written = filterText(filter);
        return (
          <button
            type="button"
            key={written}
            className={filter.isExcluding ? 'nt-filter-chip nt-filter-chip-not' : 'nt-filter-chip'}
            aria-label={text.remove(written)}
            onClick={() => onChange({ ...form, filters: removeFilter(form.filters, filter) })}
          >
            {written} <X size={12} aria-hidden />
          </button>
        );
      })}
      <IconButton
        className="nt-code-search-filter"
        label={text.addFilter}
        icon={<ListFilterPlus size={16} aria-hidden />}
        onClick={() => setOpen(true)}
      />
      {isOpen && <FilterDialog form={form} onChange={onChange} onClose={() => setOpen(false)} />}
    </>
  );
}

function FilterDialog(props: {
  readonly form: SearchForm;
  readonly onChange: (form: SearchForm) => void;
  readonly onClose: () => void;
}) {
  const { form, onChange, onClose } = props;
  const [name, setName] = useState<FilterName>('path');
  const [value, setValue] = useState('');
  const [isExcluding, setExcluding] = useState(false);
  const offered = form.mode === 'plain' ? filterNames : filterNames.slice(0, 2);
  const add = () => {
    if (value.trim() === '') return;
    onChange({ ...form, filters: addFilter(form.filters, { name, value: value.trim(), isExcluding }) });
    onClose();
  };
  return (
    <Dialog
      title={text.addFilter}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{strings.shell.cancel}</Button>
          <Button kind="primary" onClick={add} disabled={value.trim() === ''}>
            {text.add}
          </Button>
        </>
      }
    >
      <form
        className="nt-form"
        onSubmit={(event) => {
          event.preventDefault();
          add();
        }}
      >
        <SelectField
          label={text.filterName}
          value={name}
          options={offered.map((each) => [each, text.filterNames[each]])}
          onPick={(picked) => {
            setName(filterNames.find((each) => each === picked) ?? 'path');
            setValue('');
          }}
        />
        {name === 'kind' ? (
          <SelectField
            label={text.filterValue}
            value={value}
            options={[['', ''], ...symbolKinds.map((kind) => [kind, kind] as const)]}
            onPick={setValue}
          />
        ) : (
          <TextField
            label={text.filterValue}
            hint={text.filterHints[name]}
            value={value}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => setValue(event.target.value)}
          />
        )}
        {form.mode === 'plain' && (
          <label>
            <input type="checkbox" checked={isExcluding} onChange={(event) => setExcluding(event.target.checked)} />{' '}
            {text.excluding}
          </label>
        )}
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}
