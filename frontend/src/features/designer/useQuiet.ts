import { useEffect, useState } from 'react';

/** A value that follows another one after it has been the same for a while, in milliseconds. */
export function useQuiet<T>(value: T, wait: number): T {
  const [quiet, setQuiet] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setQuiet(value), wait);
    return () => clearTimeout(timer);
  }, [value, wait]);
  return quiet;
}
