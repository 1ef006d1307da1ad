import { PageSkeleton } from '../../shared/ui/PageSkeleton';

export default function RunPage() {
  return <PageSkeleton />;
}
