import { InboxOutlined } from '@ant-design/icons';
import { type ReactNode, useId, useState } from 'react';
import styles from './FileDrop.module.css';

/** A field that takes one file, dropped on it or chosen; with a file it is a small one that takes another. */
export function FileDrop({ title, hint, accept, icon, onChoose }: { title: string; hint: string; accept: string; icon?: ReactNode; onChoose: (file: File) => void }) {
  const id = useId();
  const [over, setOver] = useState(false);
  const choose = (file: File | undefined) => {
    if (file !== undefined) onChoose(file);
  };
  return (
    <div
      className={styles.drop}
      data-over={over}
      data-small={icon !== undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        choose(event.dataTransfer.files[0]);
      }}
    >
      {icon ?? <InboxOutlined aria-hidden="true" />}
      <label htmlFor={id}>
        <b>{title}</b>
        <span>{hint}</span>
      </label>
      <input
        id={id}
        type="file"
        accept={accept}
        onChange={(event) => {
          choose(event.target.files?.[0]);
          event.target.value = ''; // the same file again, after it was mended
        }}
      />
    </div>
  );
}
