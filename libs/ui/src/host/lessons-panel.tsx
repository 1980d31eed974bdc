import { GraduationCap, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { formatAgo, formatMoment } from '../parts/amounts.ts';
import { useAskFirst } from '../parts/ask-first.tsx';
import { IconButton } from '../parts/button.tsx';
import { TextField } from '../parts/field.tsx';
import { EmptyState, ErrorNote, Waiting } from '../parts/notes.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';

/** What was learnt from attempts that failed here, with where it comes from. */
export function LessonsPanel() {
  const { assistant, workspace, say, go, openFile } = useUi();
  const { value, error, again } = useAsked((signal) => assistant.lessons.list({ workspace }, { signal }), [workspace]);
  const { ask, question } = useAskFirst();
  const [words, setWords] = useState('');
  const text = strings.host.memory.lessons;
  const remove = async (id: string): Promise<void> => {
    try {
      await assistant.lessons.remove({ workspace, id });
      say(text.removed);
      again();
    } catch (cause) {
      say(cause as Error);
    }
  };
  const wanted = words.toLowerCase().split(/\s+/u).filter(Boolean);
  const found = (value ?? []).filter((lesson) => {
    const all = `${lesson.text} ${lesson.paths.join(' ')}`.toLowerCase();
    return wanted.every((word) => all.includes(word));
  });
  return (
    <>
      {error && <ErrorNote error={error} again={again} />}
      {!value && !error && <Waiting />}
      {value?.length === 0 && (
        <EmptyState icon={<GraduationCap size={32} aria-hidden />} title={text.nothing}>
          <p>{text.nothingText}</p>
        </EmptyState>
      )}
      {value && value.length > 0 && (
        <>
          <div className="nt-filters">
            <TextField
              label={text.search}
              quietLabel
              type="search"
              placeholder={text.search}
              value={words}
              onChange={(event) => setWords(event.target.value)}
            />
          </div>
          {found.length === 0 && <p className="nt-muted">{text.noMatch}</p>}
          <ul className="nt-lessons">
            {found.map((lesson) => (
              <li key={lesson.id} className="nt-lesson">
                <p>{lesson.text}</p>
                <p className="nt-faint">
                  <time title={formatMoment(lesson.at)}>{formatAgo(lesson.at, Date.now())}</time>, {text.from}{' '}
                  <button
                    type="button"
                    className="nt-row-link"
                    onClick={() => go('chat', { session: lesson.sessionId })}
                  >
                    {text.session}
                  </button>
                  {lesson.paths.length > 0 && <> · {text.about} </>}
                  {lesson.paths.map((path) => (
                    <button key={path} type="button" className="nt-row-link" onClick={() => openFile(path)}>
                      {path}
                    </button>
                  ))}
                </p>
                <IconButton
                  label={`${text.remove}: ${lesson.text.slice(0, 60)}`}
                  icon={<Trash2 size={15} aria-hidden />}
                  onClick={() =>
                    ask({
                      title: text.removeTitle,
                      text: lesson.text,
                      yes: text.remove,
                      run: () => void remove(lesson.id),
                    })
                  }
                />
              </li>
            ))}
          </ul>
        </>
      )}
      {question}
    </>
  );
}
