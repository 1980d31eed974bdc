import type { TurnEventBody } from '@nootropic/contracts';

/** What the loop and its tools yield: events of a turn but for its start and its end, which belong to the session. */
export type TurnStep = TurnEventBody;
