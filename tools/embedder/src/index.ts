export { readSourceList } from './source-list.ts';
export { readQuestions } from './questions.ts';
