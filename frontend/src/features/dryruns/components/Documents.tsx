import { Button } from 'antd';
import { Fragment, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { Empty } from '../../../shared/ui/Empty';
import { JsonDiff } from '../../../shared/ui/JsonDiff';
import { QueryView } from '../../../shared/ui/QueryView';
import { type DryDocument, useDryDocuments, type Verdict } from '../api';
import panel from '../../../shared/ui/Panel.module.css';
import styles from '../DryRuns.module.css';

/** The documents of a dry run; a row opens side by side. */
export function Documents({ flow, run, verdict, read }: { flow: string; run: string; verdict: Verdict | ''; read: number }) {
  const { t } = useTranslation('dryruns');
  const documents = useDryDocuments(run, verdict, read);
  const [open, setOpen] = useState<number>();
  return (
    <QueryView query={documents}>
      {({ pages }) => {
        const items = pages.flatMap((page) => page.items);
        if (items.length === 0) return <Empty art="search" title={t('noMatch')} />;
        return (
          <>
            <div className={panel.scroll}>
            <table className={panel.table} aria-label={t('list')}>
              <thead>
                <tr>
                  <th scope="col">{t('number')}</th>
                  <th scope="col">{t('verdictHead')}</th>
                  <th scope="col">{t('reason')}</th>
                </tr>
              </thead>
              <tbody>
                {items.map((one) => (
                  <Fragment key={one.no}>
                    <tr>
                      <td>
                        <button type="button" className={styles.open} aria-expanded={open === one.no} aria-label={t('details', { name: one.number || one.key })} onClick={() => setOpen(open === one.no ? undefined : one.no)}>
                          {one.number || one.key}
                        </button>
                      </td>
                      <td className={styles.verdict} data-verdict={one.verdict}>{t(`verdict.${one.verdict}`)}</td>
                      <td>
                        {one.fault !== undefined && <div>{one.fault.message} {one.fault.path !== undefined && <code>{one.fault.path}</code>}</div>}
                        {one.node !== undefined && one.fault !== undefined && (
                          <div>
                            <Link to={`/flows/${flow}/design/${one.node}`}>{t('toNode', { node: one.node })}</Link>
                          </div>
                        )}
                      </td>
                    </tr>
                    {open === one.no && (
                      <tr>
                        <td colSpan={3}>
                          <Sides document={one} />
                        </td>
                      </tr>
                    )}
                  </Fragment>
                ))}
              </tbody>
            </table>
            </div>
            {documents.hasNextPage && (
              <Button loading={documents.isFetchingNextPage} onClick={() => void documents.fetchNextPage()}>
                {t('common:action.loadMore')}
              </Button>
            )}
          </>
        );
      }}
    </QueryView>
  );
}

const pretty = (value: unknown) => (value === undefined ? '' : JSON.stringify(value, null, 2));

function Sides({ document }: { document: DryDocument }) {
  const { t } = useTranslation('dryruns');
  return (
    <div className={styles.sides} data-alone={document.writes.length === 0}>
      <div>
        <h3>{t('source')}</h3>
        <pre tabIndex={0}>{pretty(document.source)}</pre>
      </div>
      {document.writes.map((write, at) => (
        <div key={at} data-wide={write.existing !== undefined}>
          <h3>
            {write.operation} {write.key} · {t(`verdict.${write.verdict}`)}
          </h3>
          {write.fault !== undefined && <p>{write.fault.message}</p>}
          {write.existing !== undefined ? (
            <JsonDiff before={pretty(write.existing)} after={pretty(write.request)} labels={[t('existing'), t('request')]} />
          ) : (
            <>
              {write.looked !== undefined && write.looked !== 'found' && <p>{t(`looked.${write.looked}`)}</p>}
              <pre tabIndex={0} aria-label={t('request')}>
                {pretty(write.request)}
              </pre>
            </>
          )}
        </div>
      ))}
    </div>
  );
}
