import { PageSkeleton } from '../../shared/ui/PageSkeleton';

export default function ConnectionsPage() {
  return <PageSkeleton />;
}
