import { PageSkeleton } from '../../shared/ui/PageSkeleton';

export default function LoginPage() {
  return <PageSkeleton />;
}
