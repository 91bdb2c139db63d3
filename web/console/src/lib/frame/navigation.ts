// What stands in the console's navigation, in the places where Okta's manual sends people. What a person may not see is not
// there.

import AppWindow from '@lucide/svelte/icons/app-window';
import Building2 from '@lucide/svelte/icons/building-2';
import Download from '@lucide/svelte/icons/download';
import IdCard from '@lucide/svelte/icons/id-card';
import KeyRound from '@lucide/svelte/icons/key-round';
import LayoutGrid from '@lucide/svelte/icons/layout-grid';
import Network from '@lucide/svelte/icons/network';
import ScrollText from '@lucide/svelte/icons/scroll-text';
import ShieldCheck from '@lucide/svelte/icons/shield-check';
import UserRound from '@lucide/svelte/icons/user-round';
import UsersRound from '@lucide/svelte/icons/users-round';
import type { NavigationEntry, NavigationSection } from '@webreports/ui/navigation';
import { places } from '$lib/places';
import type { Right } from '$lib/session/session.svelte';

type Allowed = NavigationEntry & { needs?: Right };

const SECTIONS: { label?: string; entries: Allowed[] }[] = [
  { entries: [{ label: 'Dashboard', href: places.dashboard, icon: LayoutGrid }] },
  {
    label: 'Directory',
    entries: [
      { label: 'People', href: places.people, icon: UserRound, needs: 'people.read' },
      { label: 'Groups', href: places.groups, icon: UsersRound, needs: 'groups.read' },
      { label: 'Profile Editor', href: places.profiles, icon: IdCard, needs: 'types.read' },
    ],
  },
  {
    label: 'Applications',
    entries: [{ label: 'Applications', href: places.applications, icon: AppWindow, needs: 'apps.read' }],
  },
  {
    label: 'Security',
    entries: [
      { label: 'API', href: places.servers, icon: KeyRound, needs: 'servers.read' },
      { label: 'API', href: places.tokens, icon: KeyRound, needs: 'tokens.read' },
      { label: 'Networks', href: places.networks, icon: Network, needs: 'network.read' },
      { label: 'Administrators', href: places.administrators, icon: ShieldCheck, needs: 'roles.read' },
    ],
  },
  {
    label: 'Reports',
    entries: [{ label: 'System Log', href: places.systemLog, icon: ScrollText, needs: 'log.read' }],
  },
  {
    label: 'Settings',
    entries: [
      { label: 'Account', href: places.account, icon: Building2, needs: 'org.read' },
      { label: 'Downloads', href: places.downloads, icon: Download },
    ],
  },
];

/** Of two entries with one name, such as API, the first that may be seen stands there. */
export function sectionsFor(may: (right: Right) => boolean): NavigationSection[] {
  return SECTIONS.map(({ label, entries }) => ({
    label,
    entries: entries
      .filter(({ needs }) => !needs || may(needs))
      .filter((entry, index, all) => all.findIndex((other) => other.label === entry.label) === index)
      .map(({ label, href, icon }) => ({ label, href, icon })),
  })).filter(({ entries }) => entries.length > 0);
}
