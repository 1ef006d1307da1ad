import { PageSkeleton } from '../../shared/ui/PageSkeleton';

export default function RunsPage() {
  return <PageSkeleton />;
}
