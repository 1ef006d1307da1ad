import { PageSkeleton } from '../../shared/ui/PageSkeleton';

export default function HomePage() {
  return <PageSkeleton />;
}
