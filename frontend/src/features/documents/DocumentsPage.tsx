import { PageSkeleton } from '../../shared/ui/PageSkeleton';

export default function DocumentsPage() {
  return <PageSkeleton />;
}
