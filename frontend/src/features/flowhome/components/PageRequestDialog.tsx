import { useTranslation } from 'react-i18next';
import type { PageRequest } from '../../../shared/api/types';
import { formatCount } from '../../../shared/lib/format';
import { Banner } from '../../../shared/ui/Banner';
import { Dialog } from '../../../shared/ui/Dialog';
import { JsonTree } from '../../../shared/ui/JsonTree';
import panel from '../../../shared/ui/Panel.module.css';
import { QueryView } from '../../../shared/ui/QueryView';
import { usePageRequest } from '../api';
import styles from '../Flowhome.module.css';

/** One page request: what was asked and what was answered, secrets covered. */
export default function PageRequestDialog({ flow, request, onClose }: { flow: string; request: PageRequest; onClose: () => void }) {
  const { t } = useTranslation('flowhome');
  const content = usePageRequest(flow, request.id);
  return (
    <Dialog title={`${request.operation} · ${t('requests.page', { no: request.page })}`} size="large" submit={t('common:action.close')} onSubmit={onClose} onClose={onClose}>
      {request.code !== undefined && (
        <Banner tone="err" title={request.message}>
          <code>{request.code}</code>
        </Banner>
      )}
      <QueryView query={content}>
        {({ request: asked, response, requestCut, responseCut, covered }) => (
          <>
            {covered && <p className={panel.sub}>{t('asked.covered')}</p>}
            <Part title={t('asked.request')} text={asked} cut={requestCut} size={request.requestSize} />
            <Part title={t('asked.response')} text={response} cut={responseCut} size={request.responseSize} />
          </>
        )}
      </QueryView>
    </Dialog>
  );
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function Part({ title, text, cut, size }: { title: string; text: string; cut: boolean; size: number }) {
  const { t, i18n } = useTranslation('flowhome');
  return (
    <section aria-label={title}>
      <h3 className={styles.heading}>{title}</h3>
      {text === '' && <p className={panel.sub}>{t('asked.nothing')}</p>}
      {cut && <p className={panel.sub}>{t('asked.cut', { bytes: formatCount(size, i18n.language) })}</p>}
      {text !== '' && (isJson(text) ? <JsonTree text={text} label={title} height={260} /> : <pre className={styles.raw} tabIndex={0}>{text}</pre>)}
    </section>
  );
}
