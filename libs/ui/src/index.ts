export { AskPage } from './ask-page.tsx';
export { newTurn, reduceTurn, type TurnState } from './turn-state.ts';
export { TurnView } from './turn-view.tsx';
