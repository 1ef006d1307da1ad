import { Modal } from 'antd';
import { useTranslation } from 'react-i18next';
import { useDesigner } from '../designer.store';
import styles from './Dialogs.module.css';

const GROUPS: Record<string, [name: string, ...keys: string[]][]> = {
  add: [['pick', '/'], ['connect', 'drag'], ['splice', 'drop'], ['duplicate', 'Ctrl+D'], ['copy', 'Ctrl+C'], ['cut', 'Ctrl+X'], ['paste', 'Ctrl+V']],
  edit: [['open', 'Enter'], ['rename', 'F2'], ['delete', 'Delete'], ['deleteOnly', 'Ctrl+Delete'], ['undo', 'Ctrl+Z'], ['redo', 'Ctrl+Shift+Z', 'Ctrl+Y'], ['selectAll', 'Ctrl+A'], ['box', 'Shift+drag']],
  view: [['zoom', '+', '-'], ['full', '0'], ['fit', '1'], ['tidy', 'Shift+Alt+T'], ['nudge', 'arrows'], ['clear', 'Esc']],
  flow: [['save', 'Ctrl+S'], ['run', 'Ctrl+Enter'], ['help', '?']],
};

export function ShortcutsDialog() {
  const { t } = useTranslation('designer');
  const open = useDesigner((state) => state.dialog === 'shortcuts');
  return (
    <Modal open={open} title={t('shortcuts.title')} footer={null} width={720} onCancel={() => useDesigner.setState({ dialog: undefined })}>
      <div className={styles.shortcuts}>
        {Object.entries(GROUPS).map(([group, entries]) => (
          <section key={group}>
            <h3 className={styles.heading}>{t(`shortcuts.group.${group}`)}</h3>
            <dl>
              {entries.map(([name, ...keys]) => (
                <div key={name}>
                  <dt>{t(`shortcuts.key.${name}`)}</dt>
                  <dd>
                    {keys.map((key) => (
                      <kbd key={key}>{t(`shortcuts.word.${key}`, { defaultValue: key, nsSeparator: false, keySeparator: '.' })}</kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}
