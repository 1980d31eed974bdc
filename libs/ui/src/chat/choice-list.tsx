import { Code, FileText, SquareSlash } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { strings } from '../strings.ts';
import type { Choice } from './composer-choices.ts';

interface ChoiceListProps {
  readonly id: string;
  readonly choices: readonly Choice[];
  readonly at: number;
  readonly onPick: (choice: Choice) => void;
}

const icons = {
  files: <FileText aria-hidden size={14} />,
  symbols: <Code aria-hidden size={14} />,
  commands: <SquareSlash aria-hidden size={14} />,
};

/** What is offered above the field; the field keeps the focus. */
export function ChoiceList({ id, choices, at, onPick }: ChoiceListProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  return (
    <div ref={list} id={id} role="listbox" aria-label={strings.chat.composer.choices} className="nt-choices">
      {choices.map((choice, index) => (
        <div
          key={`${choice.group} ${choice.title} ${choice.about}`}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === at}
          className="nt-choice"
          onPointerDown={(event) => {
            event.preventDefault();
            onPick(choice);
          }}
        >
          {icons[choice.group]}
          <span>{choice.title}</span>
          <span className="nt-faint">{choice.about}</span>
        </div>
      ))}
    </div>
  );
}
