import type { ModelListing, ModelProfile, ModelRole, StoredModel } from '../models.ts';
import type { GgufHeader } from './model.ts';

export interface TransferOptions {
  readonly signal?: AbortSignal;
  /** Bytes so far, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** One file of a download, pinned: the same bytes for ever. */
export interface DownloadFile {
  readonly name: string;
  readonly url: string;
  readonly bytes: number;
  /** Of the whole file, 64 hexadecimal digits. */
  readonly sha256: string;
}

/** A model somewhere else, resolved to exact bytes. */
export interface ModelDownload {
  /** The pinned reference: `hf:owner/repo/file.gguf@COMMIT`, `ollama:name:tag@sha256:…`. */
  readonly ref: string;
  readonly name: string;
  readonly role?: ModelRole;
  readonly license?: string;
  /** In the order of the parts of a split model; nearly always one. */
  readonly files: readonly DownloadFile[];
}

/**
 * A place that models come from. It sends nothing but what the request itself says, and only when a person asked for it:
 * nothing here is called in the background. Rejects with `SOURCE_UNREACHABLE` when the network or the place does not answer,
 * `MODEL_NOT_FOUND`, `DENIED` for a model that needs a token, `ABORTED`.
 */
export interface ModelSource {
  /** What its references begin with: `hf`, `ollama`. */
  readonly scheme: string;
  search(query: string, options?: { readonly limit?: number; readonly signal?: AbortSignal }): Promise<ModelListing[]>;
  /** Pins a reference to exact bytes, sizes and hashes, without downloading. */
  resolve(ref: string, signal?: AbortSignal): Promise<ModelDownload>;
  /** Reads the header of the first file by ranges: some megabytes at most. */
  header(download: ModelDownload, signal?: AbortSignal): Promise<GgufHeader>;
}

/** The model files under the program's own folder. A file is checked before it enters, and enters whole or not at all. */
export interface ModelStore {
  list(): Promise<StoredModel[]>;
  /** By name or unique start of a name. Rejects with `MODEL_NOT_FOUND`. */
  show(name: string): Promise<StoredModel>;
  /**
   * Takes a GGUF file in: checked, hashed, then linked where the file system can (so that it costs no disk) or copied.
   * Importing the same bytes again gives the same entry. Rejects with `PATH_NOT_FOUND`, `MODEL_FILE_INVALID` or `DISK_FULL`.
   */
  import(path: string, options?: TransferOptions): Promise<StoredModel>;
  /**
   * Downloads and takes in. What a broken-off pull has is kept and gone on with; bytes that do not have the promised hash never become a model.
   * Rejects with `SOURCE_UNREACHABLE`, `DOWNLOAD_CORRUPT`, `DISK_FULL` (before the first byte, where the free space is known), `ABORTED`.
   */
  pull(download: ModelDownload, options?: TransferOptions): Promise<StoredModel>;
  /** Removes the entry and its file. What it was linked from stays. Rejects with `MODEL_NOT_FOUND`. */
  remove(name: string): Promise<StoredModel>;
  /** Keeps what `models bench` measured with the entry. */
  saveProfile(name: string, profile: ModelProfile): Promise<StoredModel>;
}
