// The portal's navigation: which permission shows which entry. Invariant: what a person may not do is not there.

import type { NavigationSection } from '@webreports/ui/navigation';
import BookOpen from '@lucide/svelte/icons/book-open';
import CircleCheckBig from '@lucide/svelte/icons/circle-check-big';
import Code from '@lucide/svelte/icons/code-xml';
import Database from '@lucide/svelte/icons/database';
import KeyRound from '@lucide/svelte/icons/key-round';
import Link2 from '@lucide/svelte/icons/link-2';
import ListTree from '@lucide/svelte/icons/list-tree';
import ScrollText from '@lucide/svelte/icons/scroll-text';
import Shield from '@lucide/svelte/icons/shield';
import Table2 from '@lucide/svelte/icons/table-2';
import Users from '@lucide/svelte/icons/users';
import Variable from '@lucide/svelte/icons/variable';
import type { Permission } from '$lib/api';

interface Figures {
  running: number;
  fresh: number;
}

type May = (permission: Permission) => boolean;

/** The sections for somebody who may do these things. */
export function navigationFor(may: May, figures: Figures): NavigationSection[] {
  const any = (...permissions: Permission[]): boolean => permissions.some(may);
  const sections: NavigationSection[] = [
    {
      label: 'Reports',
      entries: [
        { label: 'Available', href: '/reports/available', icon: Table2 },
        {
          label: 'Completed',
          href: '/reports/completed',
          icon: CircleCheckBig,
          count: figures.running + figures.fresh,
          countLabel:
            figures.running > 0 ? `${figures.running} running, ${figures.fresh} new` : `${figures.fresh} new`,
        },
      ],
    },
    {
      label: 'Publishing',
      entries: [
        ...(any('publish') ? [{ label: 'Views', href: '/views', icon: Code }] : []),
        ...(any('manage-reports', 'publish')
          ? [{ label: 'Assignments', href: '/management/assignments', icon: Link2 }]
          : []),
      ],
    },
    {
      label: 'Management',
      entries: [
        ...(any('manage-users') ? [{ label: 'Users', href: '/management/users', icon: Users }] : []),
        ...(any('manage-users') ? [{ label: 'Roles', href: '/management/roles', icon: Shield }] : []),
        ...(any('manage-users')
          ? [{ label: 'Defined Fields', href: '/management/defined-fields', icon: Variable }]
          : []),
        ...(any('configure')
          ? [{ label: 'Connection profiles', href: '/management/connections', icon: Database }]
          : []),
        ...(any('configure') ? [{ label: 'Sign-in', href: '/management/sign-in', icon: KeyRound }] : []),
        ...(any('see-all-logs') ? [{ label: 'Logs', href: '/management/logs', icon: ScrollText }] : []),
      ],
    },
    {
      entries: [
        { label: 'Help', href: '/help', icon: BookOpen },
        { label: 'API', href: '/docs/api', icon: ListTree },
      ],
    },
  ];
  return sections.filter((section) => section.entries.length > 0);
}
