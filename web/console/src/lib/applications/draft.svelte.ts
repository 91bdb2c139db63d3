// A new app integration while the wizard is filled in. Nothing is written before `create`.

import { okta, path, type Application, type Group } from '$lib/okta';
import { everyone } from '$lib/groups/groups';
import {
  assignGroup,
  firstGrant,
  grantsOf,
  KINDS,
  responseTypes,
  wrongAddress,
  wrongLink,
  type Creatable,
} from './applications';

export type Access = 'everyone' | 'groups' | 'skip';

export class Draft {
  kind = $state<Creatable>('web');
  label = $state('');
  /** What a bookmark opens. */
  link = $state('');
  redirects = $state(['']);
  signOuts = $state(['']);
  access = $state<Access>('groups');
  groups = $state.raw<Group[]>([]);
  #chosen = $state<string[]>(['refresh_token']);

  get dirty(): boolean {
    return (
      this.label !== '' ||
      [this.link, ...this.redirects, ...this.signOuts].some(Boolean) ||
      this.groups.length > 0
    );
  }

  get kindLabel(): string {
    return KINDS.find(({ type }) => type === this.kind)!.label;
  }

  /** People use it, so that it is assigned to some. */
  get hasPeople(): boolean {
    return this.kind !== 'service';
  }

  /** People sign in by the browser, so that it needs an address to send them back to. */
  get signsIn(): boolean {
    return this.hasPeople && this.kind !== 'bookmark';
  }

  get grants(): string[] {
    const possible = grantsOf(this.kind).map(({ value }) => value);
    return possible.filter((value) => value === firstGrant(this.kind) || this.#chosen.includes(value));
  }

  choose(grant: string, on: boolean): void {
    this.#chosen = on ? [...this.#chosen, grant] : this.#chosen.filter((other) => other !== grant);
  }

  get redirectUris(): string[] {
    return filled(this.redirects);
  }

  get signOutUris(): string[] {
    return filled(this.signOuts);
  }

  /** What is missing or wrong in the settings, by field. */
  missing(): Record<string, string | false> {
    return {
      label: this.label.trim() === '' && 'Type a name.',
      url: (this.kind === 'bookmark' && wrongLink(this.link)) || false,
      redirect_uris:
        this.signsIn &&
        (this.redirectUris.map(wrongAddress).find(Boolean) ??
          (this.redirectUris.length === 0 && 'Type at least one address that people come back to.')),
      post_logout_redirect_uris: (this.signsIn && this.signOutUris.map(wrongAddress).find(Boolean)) || false,
    };
  }

  /** Makes the application. */
  create(): Promise<Application> {
    if (this.kind === 'bookmark')
      return okta.post<Application>(path`/api/v1/apps`, {
        name: 'bookmark',
        label: this.label.trim(),
        signOnMode: 'BOOKMARK',
        settings: { app: { requestIntegration: false, url: this.link.trim() } },
      });
    const secret = this.kind === 'web' || this.kind === 'service';
    return okta.post<Application>(path`/api/v1/apps`, {
      name: 'oidc_client',
      label: this.label.trim(),
      signOnMode: 'OPENID_CONNECT',
      credentials: {
        oauthClient: {
          token_endpoint_auth_method: secret ? 'client_secret_basic' : 'none',
          autoKeyRotation: true,
          ...(secret ? {} : { pkce_required: true }),
        },
      },
      settings: {
        oauthClient: {
          application_type: this.kind,
          grant_types: this.grants,
          response_types: responseTypes(this.grants),
          ...(this.signsIn
            ? {
                redirect_uris: this.redirectUris,
                post_logout_redirect_uris: this.signOutUris,
                consent_method: 'TRUSTED',
              }
            : {}),
        },
      },
    });
  }

  /** Gives the new application to whom it is for. */
  async assign(app: string): Promise<void> {
    if (!this.hasPeople || this.access === 'skip') return;
    if (this.access === 'everyone') {
      const group = await everyone();
      if (group) await assignGroup(app, group.id);
      return;
    }
    for (const group of this.groups) await assignGroup(app, group.id);
  }
}

export function filled(lines: string[]): string[] {
  return lines.map((line) => line.trim()).filter(Boolean);
}
