import { isKnownEvent, type Citation, type ErrorBody, type TurnEvent } from '@nootropic/contracts';

/** A turn as a screen shows it. */
export interface TurnState {
  readonly question: string;
  readonly answer: string;
  /** What is going on now, in a few words; empty once the turn has ended. */
  readonly activity: string;
  readonly citations: readonly Citation[];
  readonly notices: readonly string[];
  readonly error: ErrorBody | undefined;
  readonly interrupted: boolean;
  readonly sessionId: string | undefined;
}

export function newTurn(question: string): TurnState {
  return {
    question,
    answer: '',
    activity: 'Starting',
    citations: [],
    notices: [],
    error: undefined,
    interrupted: false,
    sessionId: undefined,
  };
}

/** The state after one more event. An event of an unknown kind changes nothing. */
export function reduceTurn(state: TurnState, event: TurnEvent): TurnState {
  if (!isKnownEvent(event)) return state;
  switch (event.type) {
    case 'turn-start':
      return { ...state, sessionId: event.sessionId, activity: 'Looking at the workspace' };
    case 'progress':
      return { ...state, activity: `${event.task} ${event.done} of ${event.total}` };
    case 'context-ready':
      return { ...state, activity: `${event.blocks.length} passages found` };
    case 'model-chosen':
      return { ...state, activity: event.model === 'none' ? '' : `${event.model} is reading` };
    case 'text-delta':
      return { ...state, activity: 'Answering', answer: state.answer + event.text };
    case 'tool-call':
      return { ...state, activity: `Using ${event.call.name}` };
    case 'notice':
      return { ...state, notices: [...state.notices, event.message] };
    case 'turn-end':
      return {
        ...state,
        activity: '',
        answer: event.text,
        citations: event.citations,
        interrupted: event.reason === 'aborted',
      };
    case 'turn-error':
      return { ...state, activity: '', error: event.error };
    default:
      return state;
  }
}
