/**
 * How much each thing counts in ranking. All but the factors are shares of, or additions to, one sum; see `rankCandidates` for how they meet.
 * `chooseWeights` finds better ones for a set of questions.
 */
export interface RankWeights {
  /** Share of the vector score in the sum of vector and text score, for a question in words. From 0 to 1. */
  readonly vector: number;
  /** The same for a question that is the name of a symbol. */
  readonly vectorOfNames: number;
  /** From 0 to 1: how much of the lowest vector score of a full list counts as nothing. At 0 a score is compared with the best alone. */
  readonly vectorFloor: number;
  /** What a chunk that only its symbol's name led to has at least, as a share of the best text score. */
  readonly nameFloor: number;
  readonly coverage: number;
  readonly symbolWords: number;
  readonly pathWords: number;
  readonly nameWords: number;
  readonly namedDefinition: number;
  readonly guessedDefinition: number;
  /** Commits whose messages match the question and that touched the file. Counts for questions in words only. */
  readonly history: number;
  /** Other good chunks that name the symbol of this one. */
  readonly graph: number;
  /** Other good chunks of the same file. */
  readonly coherence: number;
  /** The factor for a compiled copy of a chunk that is there too. */
  readonly twin: number;
  /** The factor for the head of a file that only imports: it names what a question asks for, and shows nothing of it. */
  readonly imports: number;
  /** From 0 to 1: how far a reranking model decides the order of the chunks that it sees. */
  readonly rerank: number;
}

/** What is used where nothing else is asked for. The README says how they were chosen and what they reach. */
export const rankWeights: RankWeights = {
  vector: 0.65,
  vectorOfNames: 0.2,
  vectorFloor: 0.9,
  nameFloor: 0.6,
  coverage: 1.2,
  symbolWords: 1.2,
  pathWords: 0.8,
  nameWords: 0.8,
  namedDefinition: 3,
  guessedDefinition: 0.2,
  history: 1,
  graph: 0,
  coherence: 0.5,
  twin: 0.5,
  imports: 0.5,
  rerank: 0.6,
};
