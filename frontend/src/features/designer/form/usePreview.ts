import { useQuery } from '@tanstack/react-query';
import { boundAliases } from '~/model/flowSettings';
import { onFirstLine, shortText } from '~/model/sampleTree';
import { evaluate } from '../api';
import { useDesigner } from '../designer.store';
import { useNodeContext } from '../nodeEditor/useNodeContext';
import { useQuiet } from '../useQuiet';

/** Quiet before a text is asked about (ms): a person sees the result with the key. */
const QUIET = 25;
const LOOKUP = '_findCollection';

export interface Preview {
  text: string;
  bad: boolean;
}

/** What the server makes of a text with the sample; undefined while there is nothing to say. */
export function usePreview(value: string, scope: string, wanted: boolean, makes: boolean): Preview | undefined {
  const { input } = useNodeContext();
  const text = useQuiet(value, QUIET);
  const doc = useDesigner((state) => state.history.present);
  // Only a text that looks something up depends on what the flow's aliases stand for.
  const uses = text.includes(LOOKUP) ? boundAliases(doc) : undefined;
  const { data } = useQuery({
    queryKey: ['evaluate', text, scope, input, uses],
    enabled: wanted && makes && input !== undefined && text !== '',
    staleTime: 60_000,
    queryFn: ({ signal }) => evaluate(text, onFirstLine(input ?? null, scope), uses, signal),
  });
  if (!wanted || !makes || data === undefined || text !== value) return undefined;
  return data.error === undefined ? { text: shortText(data.value), bad: false } : { text: data.error.message, bad: true };
}
