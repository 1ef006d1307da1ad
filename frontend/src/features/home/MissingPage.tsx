import { PageSkeleton } from '../../shared/ui/PageSkeleton';

export default function MissingPage() {
  return <PageSkeleton />;
}
