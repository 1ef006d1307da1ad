import { useQuery } from '@tanstack/react-query';
import { onFirstLine, shortText } from '~/model/sampleTree';
import { evaluate } from '../api';
import { useNodeContext } from '../nodeEditor/useNodeContext';
import { useQuiet } from '../useQuiet';

const QUIET = 300;
/** What is looked up is answered for the whole flow only: the row shows what the test made of it. */
const LOOKUP = '_findCollection';

export interface Preview {
  text: string;
  bad: boolean;
}

/** What the server makes of a text with the sample; undefined while there is nothing to say. */
export function usePreview(value: string, scope: string, wanted: boolean, makes: boolean): Preview | undefined {
  const { input } = useNodeContext();
  const text = useQuiet(value, QUIET);
  const { data } = useQuery({
    queryKey: ['evaluate', text, scope, input],
    enabled: wanted && makes && input !== undefined && text !== '' && !text.includes(LOOKUP),
    staleTime: 60_000,
    queryFn: ({ signal }) => evaluate(text, onFirstLine(input ?? null, scope), signal),
  });
  if (!wanted || !makes || data === undefined || text !== value) return undefined;
  return data.error === undefined ? { text: shortText(data.value), bad: false } : { text: data.error.message, bad: true };
}
