import { PauseOutlined, CaretRightOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { usePausing } from '../api/pauses';
import { noticeOf, useDialogs } from './dialogs';

interface Props {
  of: 'run' | 'flow';
  id: string;
  paused: boolean;
  /** In a table: small, with the name of what it is about for people who do not see the row. */
  name?: string;
}

/** Lets a run or a flow rest, or go on. */
export function PauseButton({ of, id, paused, name }: Props) {
  const { t } = useTranslation();
  const { tell, toast } = useDialogs();
  const pausing = usePausing(of);
  const label = t(paused ? 'pause.resume' : 'pause.pause');
  return (
    <Button
      size={name === undefined ? 'middle' : 'small'}
      type={name === undefined ? 'default' : 'text'}
      icon={paused ? <CaretRightOutlined aria-hidden="true" /> : <PauseOutlined aria-hidden="true" />}
      aria-label={name === undefined ? undefined : `${label} ${name}`}
      title={t(paused ? `pause.${of}Resume` : `pause.${of}Pause`)}
      loading={pausing.isPending}
      onClick={() =>
        pausing.mutate({ id, pause: !paused }, {
          onSuccess: () => toast(t(paused ? 'pause.resumed' : 'pause.paused')),
          onError: (error) => tell(noticeOf(error, t('trouble.offline.title'))),
        })
      }
    >
      {label}
    </Button>
  );
}
