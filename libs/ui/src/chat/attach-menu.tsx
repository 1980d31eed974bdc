import type { Attachment } from '@nootropic/contracts';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import type { Attachable } from '../face.ts';
import { IconButton } from '../parts/button.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';

interface AttachMenuProps {
  readonly icon: ReactNode;
  readonly onFiles: (files: readonly File[]) => void;
  readonly onAttach: (attachments: readonly Attachment[]) => void;
}

/** What can be sent along: files of this computer and, in an editor, what it has at hand. */
export function AttachMenu({ icon, onFiles, onAttach }: AttachMenuProps) {
  const { face } = useUi();
  const words = strings.chat.composer;
  const input = useRef<HTMLInputElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  const [items, setItems] = useState<readonly Attachable[]>();
  const choose = (): void => input.current?.click();
  const open = (): void => {
    if (!face.attachables) return choose();
    face.attachables().then(setItems, () => setItems([]));
  };
  useEffect(() => {
    if (!items) return undefined;
    menu.current?.querySelector('button')?.focus();
    const close = (event: PointerEvent): void => {
      if (event.target instanceof Node && !menu.current?.contains(event.target)) setItems(undefined);
    };
    addEventListener('pointerdown', close);
    return () => removeEventListener('pointerdown', close);
  }, [items]);
  return (
    <div className="nt-attach">
      <input
        ref={input}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = '';
        }}
      />
      <IconButton
        label={face.attachables ? words.attach : words.attachFile}
        icon={icon}
        aria-expanded={face.attachables ? items !== undefined : undefined}
        onClick={open}
      />
      {items && (
        <div ref={menu} className="nt-menu" onKeyDown={(event) => event.key === 'Escape' && setItems(undefined)}>
          {items.map(({ title, attachment }) => (
            <button
              key={title}
              type="button"
              onClick={() => {
                onAttach([attachment]);
                setItems(undefined);
              }}
            >
              {title}
            </button>
          ))}
          <button
            type="button"
            onClick={() => {
              setItems(undefined);
              choose();
            }}
          >
            {words.attachFile}
          </button>
        </div>
      )}
    </div>
  );
}
