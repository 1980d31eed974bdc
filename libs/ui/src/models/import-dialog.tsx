import { useState, type FormEvent } from 'react';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { TextField } from '../parts/field.tsx';
import { strings } from '../strings.ts';
import { useTransfers } from './use-transfers.ts';

/** An absolute path of any system: `/a`, `C:\a`, `\\server\a`. */
const absolute = /^(?:file:)?(?:\/|[a-z]:[\\/]|\\\\)/iu;

export function ImportDialog({ onClose }: { readonly onClose: () => void }) {
  const [path, setPath] = useState('');
  const [tried, setTried] = useState(false);
  const { importFile } = useTransfers();
  const text = strings.models.stored;
  const right = absolute.test(path.trim());
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (!right) return;
    importFile(path.trim().replace(/^file:/u, ''));
    onClose();
  };
  return (
    <Dialog
      title={text.importTitle}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{strings.shell.cancel}</Button>
          <Button kind="primary" type="submit" form="nt-import">
            {text.import}
          </Button>
        </>
      }
    >
      <form id="nt-import" className="nt-form" onSubmit={submit}>
        <p>{text.importText}</p>
        <TextField
          label={text.path}
          hint={text.pathHint}
          error={tried && !right ? text.pathWrong : undefined}
          className="nt-code-input"
          value={path}
          spellCheck={false}
          onChange={(event) => setPath(event.target.value)}
        />
      </form>
    </Dialog>
  );
}
