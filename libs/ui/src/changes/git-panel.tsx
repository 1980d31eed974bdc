import { FileCode, GitCompareArrows, RefreshCw } from 'lucide-react';
import { useState } from 'react';
import { IconButton } from '../parts/button.tsx';
import { DiffView } from '../parts/diff-view.tsx';
import { SelectField } from '../parts/field.tsx';
import { EmptyState, ErrorNote, Waiting } from '../parts/notes.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';

const text = strings.changes.git;
const choices = ['uncommitted', 'tracked', 'staged'] as const;
/** Characters of all diffs together. */
const most = 600_000;

/** What differs from the last commit of the folder's repository. */
export function GitPanel() {
  const { assistant, workspace, openFile } = useUi();
  const [of, setOf] = useState<(typeof choices)[number]>('uncommitted');
  const diff = useAsked(
    (signal) => assistant.git.diff({ workspace, of, characters: most }, { signal }),
    [workspace, of],
  );
  const { value } = diff;
  return (
    <div className="nt-git">
      <div className="nt-git-head">
        <p className="nt-muted">{text.about}</p>
        <SelectField
          label={text.of}
          quietLabel
          value={of}
          options={choices.map((choice) => [choice, text.ofs[choice]])}
          onPick={(picked) => setOf(choices.find((choice) => choice === picked) ?? 'uncommitted')}
        />
        <IconButton label={text.refresh} icon={<RefreshCw size={15} aria-hidden />} onClick={diff.again} />
      </div>
      {diff.error && <ErrorNote error={diff.error} again={diff.again} />}
      {!value && diff.loading && <Waiting />}
      {value && !diff.error && value.files.length === 0 && (
        <EmptyState icon={<GitCompareArrows size={28} aria-hidden />} title={text.empty}>
          <p>{text.emptyAbout}</p>
        </EmptyState>
      )}
      {value && !diff.error && value.files.length > 0 && (
        <DiffView
          diff={value.text}
          fileActions={({ path, change }) =>
            change !== 'deleted' && (
              <IconButton
                label={`${strings.changes.openFile}: ${path}`}
                icon={<FileCode size={15} aria-hidden />}
                onClick={() => openFile(path)}
              />
            )
          }
        />
      )}
    </div>
  );
}
