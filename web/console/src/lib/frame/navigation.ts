// What stands in the console's navigation, in the places where Okta's manual sends people.

import AppWindow from '@lucide/svelte/icons/app-window';
import Building2 from '@lucide/svelte/icons/building-2';
import KeyRound from '@lucide/svelte/icons/key-round';
import LayoutGrid from '@lucide/svelte/icons/layout-grid';
import Network from '@lucide/svelte/icons/network';
import ScrollText from '@lucide/svelte/icons/scroll-text';
import ShieldCheck from '@lucide/svelte/icons/shield-check';
import UserRound from '@lucide/svelte/icons/user-round';
import UsersRound from '@lucide/svelte/icons/users-round';
import type { NavigationSection } from '@webreports/ui/navigation';
import { places } from '$lib/places';

export const SECTIONS: NavigationSection[] = [
  { entries: [{ label: 'Dashboard', href: places.dashboard, icon: LayoutGrid }] },
  {
    label: 'Directory',
    entries: [
      { label: 'People', href: places.people, icon: UserRound },
      { label: 'Groups', href: places.groups, icon: UsersRound },
    ],
  },
  {
    label: 'Applications',
    entries: [{ label: 'Applications', href: places.applications, icon: AppWindow }],
  },
  {
    label: 'Security',
    entries: [
      { label: 'API', href: places.servers, icon: KeyRound },
      { label: 'Networks', href: places.networks, icon: Network },
      { label: 'Administrators', href: places.administrators, icon: ShieldCheck },
    ],
  },
  { label: 'Reports', entries: [{ label: 'System Log', href: places.systemLog, icon: ScrollText }] },
  { label: 'Settings', entries: [{ label: 'Account', href: places.account, icon: Building2 }] },
];
