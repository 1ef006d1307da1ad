import { PageSkeleton } from '../../shared/ui/PageSkeleton';

export default function DocumentPage() {
  return <PageSkeleton />;
}
