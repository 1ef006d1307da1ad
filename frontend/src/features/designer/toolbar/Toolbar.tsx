import { ArrowLeftOutlined, CaretRightOutlined, CheckCircleOutlined, CloudUploadOutlined, DashboardOutlined, ExperimentOutlined, HistoryOutlined, LoadingOutlined, PauseOutlined, PlayCircleOutlined, QuestionCircleOutlined, RedoOutlined, SettingOutlined, UndoOutlined, WarningFilled } from '@ant-design/icons';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { asApiError } from '~/shared/api/errors';
import { usePausedFlows, usePausing } from '~/shared/api/pauses';
import { useMay } from '~/shared/api/session';
import { useStopOffer } from '~/shared/hooks/useStopOffer';
import { useDialogs } from '~/shared/ui/dialogs';
import { setFlowTitle, titleOf } from '~/model/document';
import { change, redo, undo } from '../actions';
import { setEnabled } from '../api';
import { current, documentNow, factsOf, useDesigner } from '../designer.store';
import { isOver } from '../run/overlay';
import { useRunButton } from '../run/useRun';
import { saveNow } from '../useAutosave';
import { SaveMark } from './SaveMark';
import controls from '../Controls.module.css';
import styles from './Toolbar.module.css';

/** The flow's name, state and the acts on it as a whole. */
export function Toolbar() {
  const { t } = useTranslation('designer');
  const readOnly = useDesigner((state) => state.readOnly);
  const title = useDesigner((state) => titleOf(state.history.present) || state.flow.title);
  const canUndo = useDesigner((state) => state.history.past.length > 0);
  const canRedo = useDesigner((state) => state.history.future.length > 0);
  const problems = useDesigner((state) => state.problems);
  const running = useDesigner((state) => state.run !== undefined && !isOver(state.run));
  const dirty = useDesigner((state) => state.flow.dirty || state.flow.publishedVersion === 0 || state.save === 'dirty');
  const flow = useDesigner((state) => state.flow.id);
  const run = useRunButton();
  const blocking = problems.filter((one) => one.blocking === true).length;
  return (
    <header className={styles.bar}>
      <Link to="/flows" className={styles.back} aria-label={t('toolbar.back')} title={t('toolbar.back')}>
        <ArrowLeftOutlined />
      </Link>
      <div className={styles.name}>
        {readOnly ? <h1>{title}</h1> : <input key={title} className={styles.title} defaultValue={title} aria-label={t('toolbar.title')} spellCheck={false} onBlur={(event) => rename(event.target.value)} onKeyDown={(event) => event.key === 'Enter' && !event.nativeEvent.isComposing && event.currentTarget.blur()} />}
        <SaveMark />
      </div>
      <span className={styles.push} />
      {!readOnly && (
        <div className={styles.group}>
          <Button type="text" icon={<UndoOutlined aria-hidden="true" />} aria-label={t('toolbar.undo')} disabled={!canUndo} onClick={undo} title={`${t('toolbar.undo')} (Ctrl+Z)`} />
          <Button type="text" icon={<RedoOutlined aria-hidden="true" />} aria-label={t('toolbar.redo')} disabled={!canRedo} onClick={redo} title={`${t('toolbar.redo')} (Ctrl+Shift+Z)`} />
        </div>
      )}
      <Button type="text" icon={<SettingOutlined aria-hidden="true" />} title={t('settings.open')} onClick={() => useDesigner.setState({ dialog: 'settings', dialogField: undefined })}>
        <span className={styles.word}>{t('settings.open')}</span>
      </Button>
      <Link to={`/flows/${flow}/overview`} className={styles.reading} title={t('toolbar.overviewHelp')}>
        <DashboardOutlined aria-hidden="true" />
        <span className={styles.word}>{t('toolbar.overview')}</span>
      </Link>
      <Link to={`/flows/${flow}/reading`} className={styles.reading} title={t('toolbar.readingHelp')}>
        <HistoryOutlined aria-hidden="true" />
        <span className={styles.word}>{t('toolbar.reading')}</span>
      </Link>
      <Link to={`/flows/${flow}/dry-run`} className={styles.reading} data-coach="designer-dry" title={t('toolbar.dryRunHelp')}>
        <ExperimentOutlined aria-hidden="true" />
        <span className={styles.word}>{t('toolbar.dryRun')}</span>
      </Link>
      <Button type="text" icon={<QuestionCircleOutlined aria-hidden="true" />} aria-label={t('shortcuts.title')} onClick={() => useDesigner.setState({ dialog: 'shortcuts' })} title={`${t('shortcuts.title')} (?)`} />
      <Button
        type="text"
        className={styles.problems}
        data-coach="designer-problems"
        data-blocking={blocking > 0}
        data-some={problems.length > 0}
        icon={problems.length > 0 ? <WarningFilled aria-hidden="true" /> : <CheckCircleOutlined aria-hidden="true" />}
        onClick={() => useDesigner.setState((state) => ({ panel: state.panel === 'problems' ? undefined : 'problems' }))}
      >
        {problems.length > 0 ? t('toolbar.problems', { n: problems.length }) : t('toolbar.noProblems')}
      </Button>
      {!readOnly && <EnableSwitch />}
      <PauseButton />
      <Button icon={running ? <LoadingOutlined aria-hidden="true" /> : <PlayCircleOutlined aria-hidden="true" />} disabled={running} onClick={() => void run()}>
        {t(running ? 'toolbar.running' : 'toolbar.run')}
      </Button>
      {!readOnly && (
        <Button type="primary" data-coach="designer-publish" icon={<CloudUploadOutlined aria-hidden="true" />} disabled={!dirty} onClick={() => void saveNow().then(() => useDesigner.setState({ dialog: 'publish' }))}>
          {t('toolbar.publish')}
        </Button>
      )}
    </header>
  );
}

function rename(title: string) {
  const wanted = title.trim();
  if (wanted !== '') change(setFlowTitle(documentNow(), wanted));
}

/** Whether the schedule works: apart from versions and from the draft. */
function EnableSwitch() {
  const { t } = useTranslation('designer');
  const { toast } = useDialogs();
  const stopOffer = useStopOffer();
  const enabled = useDesigner((state) => state.flow.enabled);
  const published = useDesigner((state) => state.flow.publishedVersion > 0);
  const [busy, setBusy] = useState(false);
  const toggle = async (on: boolean) => {
    setBusy(true);
    try {
      useDesigner.setState({ flow: factsOf(await setEnabled(current().flow.id, on)) });
      toast(t(on ? 'toolbar.nowEnabled' : 'toolbar.nowDisabled'));
      if (!on) await stopOffer(current().flow.id);
    } catch (error) {
      toast(sentence(error), 'err');
    } finally {
      setBusy(false);
    }
  };
  return (
    <span className={styles.enable} title={published ? t('toolbar.enableHelp') : t('toolbar.enableFirst')}>
      <button type="button" role="switch" className={controls.switch} aria-checked={enabled} aria-label={t('toolbar.enable')} disabled={!published || busy} onClick={() => void toggle(!enabled)} />
      <span data-on={enabled}>{t(enabled ? 'toolbar.enabled' : 'toolbar.disabled')}</span>
    </span>
  );
}

/** Lets the flow rest, or go on: what is on its way stays where it is. */
function PauseButton() {
  const { t } = useTranslation('designer');
  const { toast } = useDialogs();
  const mayOperate = useMay('operate');
  const flow = useDesigner((state) => state.flow.id);
  const published = useDesigner((state) => state.flow.publishedVersion > 0);
  const rest = usePausedFlows().get(flow);
  const pausing = usePausing('flow');
  if (!mayOperate || (!published && rest === undefined)) return null;
  const pause = rest === undefined;
  return (
    <Button
      type="text"
      icon={pause ? <PauseOutlined aria-hidden="true" /> : <CaretRightOutlined aria-hidden="true" />}
      aria-label={t(pause ? 'common:pause.pause' : 'common:pause.resume')}
      title={pause ? t('common:pause.flowPause') : [t('common:pause.by', { actor: rest.actor }), rest.note].filter(Boolean).join(' · ')}
      loading={pausing.isPending}
      onClick={() => pausing.mutate({ id: flow, pause }, { onSuccess: () => toast(t(pause ? 'common:pause.paused' : 'common:pause.resumed')), onError: (error) => toast(sentence(error), 'err') })}
    >
      {!pause && t('common:pause.resume')}
    </Button>
  );
}

function sentence(error: unknown): string {
  const problem = asApiError(error);
  return [problem.message, problem.hint].filter(Boolean).join(' ');
}
