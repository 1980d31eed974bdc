import type { HunkSelection } from '@nootropic/contracts';
import { FilePen, FileX2, FilePlus2 } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../parts/button.tsx';
import type { LeftOut } from '../parts/diff-model.ts';
import { DiffView } from '../parts/diff-view.tsx';
import { ErrorNote, Waiting } from '../parts/notes.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import type { FileChange } from './session-state.ts';

const icons = {
  created: <FilePlus2 className="nt-good" aria-hidden size={14} />,
  modified: <FilePen aria-hidden size={14} />,
  renamed: <FilePen aria-hidden size={14} />,
  deleted: <FileX2 className="nt-bad" aria-hidden size={14} />,
};

/** A file that was changed. Unfolded it shows the diff of its step, of which parts can be taken back. */
export function ChangeView({ change }: { readonly change: FileChange }) {
  const { openFile } = useUi();
  const [open, setOpen] = useState(false);
  const { path, from, added, removed, step } = change;
  return (
    <div className="nt-change">
      <div className="nt-change-line">
        {icons[change.change]}
        <span className="nt-faint">{strings.chat.change[change.change]}</span>
        <button type="button" className="nt-text-link" onClick={() => openFile(path)}>
          {path}
        </button>
        {from !== undefined && <span className="nt-faint">{strings.chat.changeFrom(from)}</span>}
        <span className="nt-counts">
          <span className="nt-good">+{added}</span> <span className="nt-bad">−{removed}</span>
        </span>
        {step !== undefined && (
          <Button kind="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
            {strings.chat.showDiff}
          </Button>
        )}
      </div>
      {open && step !== undefined && <StepDiff step={step} />}
    </div>
  );
}

function StepDiff({ step }: { readonly step: number }) {
  const { assistant, workspace, say } = useUi();
  const { value, error, again } = useAsked((signal) => assistant.changes.diff({ workspace, step }, { signal }), [step]);
  const [left, setLeft] = useState<LeftOut>([]);
  if (error) return <ErrorNote error={error} again={again} />;
  if (!value) return <Waiting />;

  const tell = (conflicts: readonly { readonly path: string }[], done: string, undo?: () => void): void => {
    if (conflicts.length > 0) say(strings.chat.conflicts(conflicts.map(({ path }) => path)));
    else say(done, undo && { label: strings.chat.redo, run: undo });
    again();
  };
  const redo = (): void => {
    assistant.changes.redo({ workspace, step }).then(again, say);
  };
  const undo = (): void => {
    assistant.changes
      .undo({ workspace, step })
      .then(({ conflicts, restored }) => tell(conflicts, strings.chat.undone(restored.length), redo), say);
  };
  const reject = (): void => {
    assistant.changes.reject({ workspace, step, parts: selectionOf(left) }).then(({ conflicts }) => {
      tell(conflicts, strings.chat.rejected);
      setLeft([]);
    }, say);
  };
  return (
    <DiffView
      diff={value.diff}
      choose={{ left, onChange: setLeft }}
      actions={
        left.length > 0 ? (
          <Button kind="danger" onClick={reject}>
            {strings.chat.rejectRest}
          </Button>
        ) : (
          <Button kind="quiet" onClick={undo}>
            {strings.chat.undoChange}
          </Button>
        )
      }
    />
  );
}

/** What was left out of a diff, as the assistant takes it. */
export function selectionOf(left: LeftOut): HunkSelection {
  return left.map(({ path, hunks }) => ({ path, ...(hunks && { hunks: [...hunks] }) }));
}
