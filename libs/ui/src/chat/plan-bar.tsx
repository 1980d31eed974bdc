import { Circle, CircleCheck, CircleDot, CircleSlash, ListTodo } from 'lucide-react';
import { strings } from '../strings.ts';
import type { PlanStep } from './session-state.ts';

const icons: Readonly<Record<PlanStep['state'], React.ReactNode>> = {
  open: <Circle aria-hidden size={14} />,
  active: <CircleDot className="nt-accent" aria-hidden size={14} />,
  done: <CircleCheck className="nt-good" aria-hidden size={14} />,
  dropped: <CircleSlash aria-hidden size={14} />,
};

/** The plan of the turn that runs, or of the last one that had one: always in sight, folded to one line where a person wants that. */
export function PlanBar({ steps }: { readonly steps: readonly PlanStep[] }) {
  const words = strings.chat.plan;
  const done = steps.filter(({ state }) => state === 'done').length;
  const active = steps.find(({ state }) => state === 'active' || state === 'open');
  return (
    <details className="nt-plan" open>
      <summary>
        <ListTodo aria-hidden size={15} />
        <strong>{words.title}</strong>
        <span className="nt-faint">{words.progress(done, steps.length)}</span>
        {active && <span className="nt-plan-now nt-muted">{active.text}</span>}
      </summary>
      <ol>
        {steps.map(({ text, state }, index) => (
          <li key={index} className={`nt-step-${state}`}>
            {icons[state]}
            <span className="nt-hidden">{words.states[state]}: </span>
            {text}
          </li>
        ))}
      </ol>
    </details>
  );
}
