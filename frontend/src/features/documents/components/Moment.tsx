import { useState } from 'react';
import { fromField, toField } from '../../../shared/lib/times';
import panel from '../../../shared/ui/Panel.module.css';

interface Props {
  label: string;
  value: string | undefined;
  onChange: (value: string) => void;
}

/** A moment counts when the person leaves the field or presses Enter: half a year is none. */
export function Moment({ label, value, onChange }: Props) {
  const known = toField(value);
  const [text, setText] = useState(known);
  const [seen, setSeen] = useState(known);
  if (seen !== known) {
    setSeen(known);
    setText(known);
  }
  const done = () => {
    if (text !== known) onChange(fromField(text) ?? '');
  };
  return (
    <input
      type="datetime-local"
      className={panel.field}
      aria-label={label}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={done}
      onKeyDown={(event) => {
        if (event.key === 'Enter') done();
      }}
    />
  );
}
