import { sourceKinds, type Assistant, type SourceKind } from '@nootropic/contracts';
import { useState, type FormEvent } from 'react';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Field, SelectField, TextField } from '../parts/field.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';

export type NewSource = Omit<Parameters<Assistant['sources']['add']>[0], 'workspace'>;

/** What is asked for a new source, by its kind. */
export function AddSource({
  onClose,
  add,
}: {
  readonly onClose: () => void;
  readonly add: (source: NewSource) => void;
}) {
  const { face } = useUi();
  const [kind, setKind] = useState<SourceKind>('notes');
  const [place, setPlace] = useState('');
  const [note, setNote] = useState('');
  const [name, setName] = useState('');
  const [tried, setTried] = useState(false);
  const text = strings.host.memory.sources;
  const needed = kind === 'notes' ? note : kind === 'history' ? 'git' : place;
  const missing = tried && needed.trim() === '' ? strings.host.form.needed : undefined;
  const { pickFolder } = face;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (needed.trim() === '') return;
    add({
      kind,
      ...((kind === 'folder' || kind === 'page') && { place: place.trim() }),
      ...(kind === 'notes' && { text: note }),
      ...(name.trim() !== '' && { name: name.trim() }),
    });
  };
  return (
    <Dialog
      title={text.addTitle}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{strings.shell.cancel}</Button>
          <Button kind="primary" type="submit" form="nt-add-source">
            {text.add}
          </Button>
        </>
      }
    >
      <form id="nt-add-source" className="nt-form" onSubmit={submit}>
        <SelectField
          label={text.kind}
          value={kind}
          options={sourceKinds.map((each) => [each, text.kinds[each]] as const)}
          onPick={(picked) => setKind(picked as SourceKind)}
        />
        {kind === 'notes' && (
          <Field label={text.note} error={missing}>
            {(joined) => (
              <textarea
                className="nt-input"
                rows={6}
                value={note}
                onChange={(event) => setNote(event.target.value)}
                {...joined}
              />
            )}
          </Field>
        )}
        {(kind === 'folder' || kind === 'page') && (
          <div className="nt-line">
            <TextField
              label={kind === 'folder' ? text.folder : text.page}
              hint={kind === 'page' ? text.pageHint : undefined}
              error={missing}
              spellCheck={false}
              value={place}
              onChange={(event) => setPlace(event.target.value)}
            />
            {kind === 'folder' && pickFolder && (
              <Button onClick={() => void pickFolder().then((picked) => picked !== undefined && setPlace(picked))}>
                …
              </Button>
            )}
          </div>
        )}
        <TextField
          label={text.name}
          hint={text.nameHint}
          spellCheck={false}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </form>
    </Dialog>
  );
}
