import {
  isKnownEvent,
  NootropicError,
  type Attachment,
  type Image,
  type Message,
  type ModelInfo,
  type TurnEvent,
} from '@nootropic/contracts';

export type ImageAttachment = Extract<Attachment, { kind: 'image' }>;

/** Bytes of one picture, and of all of a question. */
const largest = 5 * 2 ** 20;
const largestTogether = 20 * 2 ** 20;

/**
 * Tokens that a picture is counted as, on the high side: Anthropic's guide gives width × height / 750 after scaling it to 1,568 pixels, which is at most
 * about 1,600 (https://docs.claude.com/en/docs/build-with-claude/vision). OpenAI's guide comes to 1,445 at most for a picture in tiles
 * (https://platform.openai.com/docs/guides/images-vision), Google's to 258 for a tile (https://ai.google.dev/gemini-api/docs/image-understanding).
 */
export const imageTokens = 1600;

/** The same in characters, as prompts are measured: text has about four for each token. */
const imageLength = imageTokens * 4;

/** Characters that the pictures of a message count as. */
export function imagesLength(message: Message): number {
  return message.role === 'user' ? (message.images?.length ?? 0) * imageLength : 0;
}

/**
 * Throws for pictures that cannot be sent: `REQUEST_TOO_LARGE` above 5 MB for one or 20 MB for all, `INPUT_INVALID` where the bytes
 * are not of the kind that they are called.
 */
export function checkImages(images: readonly (Image & { readonly name?: string })[]): void {
  let together = 0;
  for (const [index, image] of images.entries()) {
    const name = image.name ?? `Picture ${index + 1}`;
    const bytes = decodedLength(image.data);
    together += bytes;
    if (bytes > largest)
      throw new NootropicError('REQUEST_TOO_LARGE', `${name} has ${megabytes(bytes)} MB; a picture may have 5.`, {
        hint: 'Send a smaller picture, or a part of it.',
      });
    if (mediaTypeOf(image.data) !== image.mediaType)
      throw new NootropicError('INPUT_INVALID', `${name} is called ${image.mediaType}, and its bytes are not that.`);
  }
  if (together > largestTogether)
    throw new NootropicError(
      'REQUEST_TOO_LARGE',
      `The pictures have ${megabytes(together)} MB together; those of one question may have 20.`,
      { hint: 'Send fewer pictures, or smaller ones.' },
    );
}

/** What a picture is, by how its file begins; `undefined` for anything else. */
export function mediaTypeOf(data: string): Image['mediaType'] | undefined {
  if (data.startsWith('iVBORw0KGgo')) return 'image/png';
  if (data.startsWith('/9j/')) return 'image/jpeg';
  if (data.startsWith('R0lGOD')) return 'image/gif';
  // `RIFF`, four bytes of length, `WEBP`.
  return data.startsWith('UklGR') && atob(data.slice(0, 16)).endsWith('WEBP') ? 'image/webp' : undefined;
}

/** Throws `MODEL_UNSUPPORTED` where pictures are to go to a model that cannot look at them. Nothing was sent by then. */
export function requireSight({ name, can, ref }: ModelInfo, images: readonly unknown[]): void {
  if (images.length === 0 || can.includes('see')) return;
  const why = ref.startsWith('file:')
    ? `${name} cannot look at pictures: the runtime that comes with this program reads text alone.`
    : `${name} cannot look at pictures, as far as its server or provider says.`;
  throw new NootropicError('MODEL_UNSUPPORTED', `${why} Nothing was sent.`, {
    hint: 'Choose a model that sees: one of Ollama with `vision`, a llama-server with a projector (`--mmproj`), or a provider’s; `nootropic models list` shows what each can do. Or leave the picture out.',
  });
}

/** The pictures among the messages of a prompt. */
export function imagesOf(messages: readonly Message[]): Image[] {
  return messages.flatMap((message) => (message.role === 'user' ? (message.images ?? []) : []));
}

/** The pictures of a question. */
export function attachedImages(attachments: readonly Attachment[] | undefined): ImageAttachment[] {
  return (attachments ?? []).filter((each) => each.kind === 'image');
}

/** The pictures of a session's turns that are shown again, newest first, as long as together they are as much as one question may have. */
export function newestImages(turns: readonly (readonly TurnEvent[])[]): ReadonlySet<Attachment> {
  const shown = new Set<Attachment>();
  let together = 0;
  for (const event of turns.flat().toReversed()) {
    if (!isKnownEvent(event) || event.type !== 'turn-start') continue;
    const images = attachedImages(event.attachments);
    together += images.reduce((sum, { data }) => sum + decodedLength(data), 0);
    if (together > largestTogether) break;
    for (const image of images) shown.add(image);
  }
  return shown;
}

/** The same events without the bytes of pictures: for what is read, not answered from. */
export function withoutPictures(events: readonly TurnEvent[]): TurnEvent[] {
  return events.map((event) => {
    if (!isKnownEvent(event) || event.type !== 'turn-start' || !event.attachments) return event;
    return {
      ...event,
      attachments: event.attachments.map((each) => (each.kind === 'image' ? { ...each, data: '' } : each)),
    };
  });
}

function decodedLength(data: string): number {
  const padding = data.endsWith('==') ? 2 : data.endsWith('=') ? 1 : 0;
  return (data.length * 3) / 4 - padding;
}

function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
