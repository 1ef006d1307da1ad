import { PageSkeleton } from '../../shared/ui/PageSkeleton';

export default function FlowsPage() {
  return <PageSkeleton />;
}
