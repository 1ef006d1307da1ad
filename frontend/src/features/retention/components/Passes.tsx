import { useTranslation } from 'react-i18next';
import type { RetentionView } from '../../../shared/api/types';
import { formatCount, formatSize } from '../../../shared/lib/format';
import { Empty } from '../../../shared/ui/Empty';
import panel from '../../../shared/ui/Panel.module.css';
import { When } from '../../../shared/ui/When';

/** What was removed lately, the newest pass first. */
export function Passes({ view }: { view: RetentionView }) {
  const { t, i18n } = useTranslation('retention');
  const n = (count: number) => formatCount(count, i18n.language);
  const state = (i: number, ended: string | undefined) => (ended !== undefined ? 'done' : i === 0 && view.running ? 'running' : 'stopped');
  return (
    <section className={panel.panel} aria-labelledby="retention-passes">
      <div className={panel.head}>
        <h2 id="retention-passes">{t('passes.title')}</h2>
      </div>
      {view.passes.length === 0 ? (
        <Empty title={t('passes.empty.title')} text={t('passes.empty.text')} />
      ) : (
        <div className={panel.scroll}>
          <table className={panel.table} aria-label={t('passes.title')}>
            <thead>
              <tr>
                <th scope="col">{t('passes.started')}</th>
                <th scope="col">{t('passes.state')}</th>
                <th scope="col" className={panel.num}>{t('passes.packs')}</th>
                <th scope="col" className={panel.num}>{t('passes.bytes')}</th>
                <th scope="col" className={panel.num}>{t('passes.needed')}</th>
                <th scope="col" className={panel.num}>{t('class.calls.title')}</th>
                <th scope="col" className={panel.num}>{t('class.posts.title')}</th>
                <th scope="col" className={panel.num}>{t('class.errands.title')}</th>
                <th scope="col" className={panel.num}>{t('class.pages.title')}</th>
              </tr>
            </thead>
            <tbody>
              {view.passes.map((pass, i) => (
                <tr key={pass.startedAt}>
                  <td><When time={pass.startedAt} as="exact" /></td>
                  <td>{t(`passes.${state(i, pass.endedAt)}`)}</td>
                  <td className={panel.num}>{n(pass.packs)}</td>
                  <td className={panel.num}>{formatSize(pass.bytes, i18n.language)}</td>
                  <td className={panel.num}>{n(pass.needed)}</td>
                  <td className={panel.num}>{n(pass.calls)}</td>
                  <td className={panel.num}>{n(pass.posts)}</td>
                  <td className={panel.num}>{n(pass.errands)}</td>
                  <td className={panel.num}>{n(pass.pages)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
