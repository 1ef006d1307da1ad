import { useEffect, useState } from 'react';

/** The value once it stood still for a while, so that typing does not ask the server for each key. */
export function useDelayed<T>(value: T, ms = 300): T {
  const [late, setLate] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLate(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return late;
}
