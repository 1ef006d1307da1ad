import { PageSkeleton } from '../../shared/ui/PageSkeleton';

export default function TokensPage() {
  return <PageSkeleton />;
}
