import { type CSSProperties, type ReactNode, useState } from 'react';

interface Props {
  /** Where the picture is, as the server says; nothing else is asked for. */
  icon: string | undefined;
  /** What the picture shows; without it somebody else says so already. */
  title?: string;
  className?: string | undefined;
  style?: CSSProperties;
  /** Stands in where there is no picture, or one that can't be shown. */
  children: ReactNode;
}

/** A connector's icon, as a picture only: no browser runs anything of it. */
export function ConnectorIcon({ icon = '', title = '', className, style, children }: Props) {
  const [broken, setBroken] = useState('');
  if (icon === broken || !/^(data:image\/|\/api\/)/.test(icon)) return children;
  return <img className={className} style={style} src={icon} alt={title} title={title === '' ? undefined : title} draggable={false} onError={() => setBroken(icon)} />;
}
