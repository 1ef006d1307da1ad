import { PageSkeleton } from '../../shared/ui/PageSkeleton';

export default function SetupPage() {
  return <PageSkeleton />;
}
