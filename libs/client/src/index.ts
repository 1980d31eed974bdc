export { connect, type Endpoint } from './connect.ts';
export { connectSocket, type SocketEndpoint } from './connect-socket.ts';
export { createFrameFetch, serveFrameFetch, type AskHost, type FrameFetch, type FramePort } from './frame-fetch.ts';
export type { ResumeOptions } from './resumable.ts';
export { createTyping } from './typing.ts';
export {
  typingReasons,
  type Suggestion,
  type SuggestionPart,
  type Typing,
  type TypingAnswer,
  type TypingChange,
  type TypingOptions,
  type TypingPlace,
  type TypingReason,
  type TypingReport,
  type TypingSettings,
  type TypingState,
} from './typing-types.ts';
