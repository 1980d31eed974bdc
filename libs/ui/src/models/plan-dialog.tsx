import type { MemoryPlan, PlannedModel } from '@nootropic/contracts';
import { CircleCheck, CircleX } from 'lucide-react';
import { useState } from 'react';
import { formatBytes, formatNumber } from '../parts/amounts.ts';
import { StackedBar } from '../parts/bars.tsx';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Facts } from '../parts/facts.tsx';
import { SelectField } from '../parts/field.tsx';
import { ErrorNote, Waiting } from '../parts/notes.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import { useTransfers } from './use-transfers.ts';

export interface PlanTarget {
  readonly ref: string;
  readonly name: string;
  /** Tokens that it was trained on, where known. */
  readonly most?: number;
  /** It is not on this machine, and can be had. */
  readonly can?: 'pull' | 'import';
}

const lengths = [512, 2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072, 262_144];

/** What a model would take, before it is downloaded or loaded, and how that changes with its context. */
export function PlanDialog({ target, onClose }: { readonly target: PlanTarget; readonly onClose: () => void }) {
  const { assistant, say } = useUi();
  const { pull, importFile } = useTransfers();
  const [contextLength, setContextLength] = useState<number>();
  const asked = useAsked(
    (signal) =>
      assistant.models.plan({ ref: target.ref, ...(contextLength !== undefined && { contextLength }) }, { signal }),
    [target.ref, contextLength],
  );
  const text = strings.models.plan;
  const { value, error, loading, again } = asked;
  const choices = lengths.filter((length) => length <= (target.most ?? Infinity));
  const get = (): void => {
    if (target.can === 'import') importFile(target.ref.replace(/^file:/u, ''));
    else pull(target.ref, target.name);
    onClose();
  };
  const keep = async (): Promise<void> => {
    try {
      await assistant.config.set({ key: 'models.contextLength', value: contextLength });
      say(text.contextKept(formatNumber(contextLength ?? 0)));
    } catch (cause) {
      say(cause as Error);
    }
  };
  return (
    <Dialog
      wide
      title={text.title(target.name)}
      onClose={onClose}
      actions={
        <>
          {contextLength !== undefined && value?.plan.fits && (
            <Button kind="quiet" onClick={() => void keep()}>
              {text.keepContext}
            </Button>
          )}
          <Button onClick={onClose}>{strings.shell.close}</Button>
          {target.can !== undefined && (
            <Button kind="primary" disabled={!value} onClick={get}>
              {target.can === 'import' ? text.import : text.get(formatBytes(value?.download ?? 0))}
            </Button>
          )}
        </>
      }
    >
      <div className="nt-memory-plan" aria-busy={loading}>
        <SelectField
          label={text.contextLabel}
          hint={text.contextHint}
          value={String(contextLength ?? '')}
          options={[
            ['', text.contextAuto],
            ...choices.map((length) => [String(length), text.tokens(formatNumber(length))] as const),
          ]}
          onPick={(length) => setContextLength(length === '' ? undefined : Number(length))}
        />
        {error && <ErrorNote error={error} again={again} />}
        {!value && !error && <Waiting label={text.planning} />}
        {value && <Plan plan={value.plan} download={value.download} />}
      </div>
    </Dialog>
  );
}

function Plan({ plan, download }: { readonly plan: MemoryPlan; readonly download: number }) {
  const text = strings.models.plan;
  const { memory, gpu, gaveUp } = plan;
  const tooMuch = memory.planned - memory.usable;
  return (
    <>
      <p className={plan.fits ? 'nt-verdict nt-verdict-good' : 'nt-verdict nt-verdict-bad'} role="status">
        {plan.fits ? <CircleCheck size={18} aria-hidden /> : <CircleX size={18} aria-hidden />}
        {plan.fits ? text.fits : text.tooMuch(formatBytes(Math.max(tooMuch, 0)))}
      </p>
      {plan.models
        .filter(({ sharedWith }) => sharedWith === undefined)
        .map((model) => (
          <PlanOfModel key={model.role} model={model} plan={plan} download={download} />
        ))}
      {gpu && <Facts facts={[[gpu.name, `${formatBytes(gpu.planned)} / ${formatBytes(gpu.usable)}`]]} />}
      <GaveUp sentences={gaveUp} />
    </>
  );
}

function PlanOfModel(props: { readonly model: PlannedModel; readonly plan: MemoryPlan; readonly download: number }) {
  const { model, plan, download } = props;
  const text = strings.models.plan;
  const { estimate, layers, gpuLayers } = model;
  const left = plan.memory.usable - plan.memory.planned;
  return (
    <>
      <StackedBar
        label={text.bar}
        format={formatBytes}
        over={text.over}
        parts={[
          { name: text.weights, value: estimate.weights },
          { name: text.repack, value: estimate.repack },
          { name: text.kvCache, value: estimate.kvCache },
          { name: text.compute, value: estimate.compute },
        ]}
        limit={{ name: text.limit, value: plan.memory.usable + (plan.gpu?.usable ?? 0) }}
      />
      <Facts
        facts={[
          [text.download, download > 0 ? formatBytes(download) : text.nothingToDownload],
          [
            strings.models.context,
            model.contextLength > 0 && text.contextTokens(formatNumber(model.contextLength), model.kvType),
          ],
          [
            text.where,
            gpuLayers === 0
              ? text.allCpu(layers)
              : gpuLayers >= layers
                ? text.allGpu(layers)
                : text.some(gpuLayers, layers),
          ],
          [text.onGpu, estimate.gpu > 0 && formatBytes(estimate.gpu)],
          [text.left, left > 0 && formatBytes(left)],
        ]}
      />
    </>
  );
}

/** What was given up to make it fit; nothing where nothing was. */
export function GaveUp({ sentences }: { readonly sentences: readonly string[] }) {
  if (sentences.length === 0) return null;
  return (
    <div className="nt-gave-up">
      <h3>{strings.models.plan.gaveUp}</h3>
      <ul>
        {sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </div>
  );
}
