import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { formatCount } from '../../../shared/lib/format';
import { Empty } from '../../../shared/ui/Empty';
import { QueryView } from '../../../shared/ui/QueryView';
import { useWrites } from '../api';
import styles from '../Flowhome.module.css';
import { Calls } from './Calls';
import { Writes } from './Writes';

const STATES = ['', 'sending', 'waiting', 'unknown', 'retry_at', 'held'] as const;

interface Props {
  flow: string;
  state: string;
  onState: (state: string) => void;
  nodeName: (id: string) => string;
}

/** What a flow writes: what is under way, what waits, and what is tried again. */
export function WriteQueue({ flow, state, onState, nodeName }: Props) {
  const { t, i18n } = useTranslation('flowhome');
  const writes = useWrites(flow, state);
  const counts = writes.data?.pages[0]?.counts;
  const numbers: Record<string, number | undefined> = { sending: counts?.sending.documents, waiting: counts?.waiting.documents, retry_at: counts?.retryAt.documents, held: counts?.held.documents };
  return (
    <>
      <div className={styles.spans} role="group" aria-label={t('writes.filter')}>
        {STATES.map((one) => (
          <button key={one} type="button" aria-pressed={one === state} onClick={() => onState(one)}>
            {t(`writes.state.${one || 'all'}`)} {numbers[one] !== undefined && <b className="kz-num">{formatCount(numbers[one], i18n.language)}</b>}
          </button>
        ))}
      </div>
      <QueryView query={writes}>
        {({ pages }) => {
          const entries = pages.flatMap((page) => page.items);
          return (
            <>
              {entries.length === 0 ? (
                <Empty art={state === '' ? 'clear' : 'search'} title={t(state === '' ? 'writes.none' : 'writes.noMatch')} text={state === '' ? t('writes.noneText') : undefined}>
                  <Link to={`/flows/${flow}/docs?state=needs_decision,rejected,unmapped`}>{t('writes.needs')}</Link>
                </Empty>
              ) : (
                <Writes flow={flow} entries={entries} nodeName={nodeName} />
              )}
              {writes.hasNextPage && (
                <p className={styles.foot}>
                  <Button loading={writes.isFetchingNextPage} onClick={() => void writes.fetchNextPage()}>
                    {t('common:action.loadMore')}
                  </Button>
                </p>
              )}
              <Calls calls={pages[0]?.calls ?? []} nodeName={nodeName} />
            </>
          );
        }}
      </QueryView>
    </>
  );
}
