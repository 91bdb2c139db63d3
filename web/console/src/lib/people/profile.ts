// The attributes of a person that the console edits, those of Okta's default profile.

import type { User } from '$lib/okta';

interface Attribute {
  name: string;
  label: string;
  help?: string;
  type?: 'text' | 'email' | 'tel' | 'url';
  required?: boolean;
  max?: number;
}

export const ATTRIBUTES: Attribute[] = [
  { name: 'firstName', label: 'First name', required: true, max: 50 },
  { name: 'lastName', label: 'Last name', required: true, max: 50 },
  { name: 'login', label: 'User name', required: true, max: 100 },
  { name: 'email', label: 'Primary e-mail', type: 'email', required: true, max: 100 },
  { name: 'secondEmail', label: 'Second e-mail', type: 'email', max: 100 },
  { name: 'mobilePhone', label: 'Mobile phone', type: 'tel', max: 100 },
  { name: 'title', label: 'Title' },
  { name: 'department', label: 'Department' },
];

export const FURTHER: Attribute[] = [
  { name: 'displayName', label: 'Display name' },
  { name: 'nickName', label: 'Nickname' },
  { name: 'middleName', label: 'Middle name' },
  { name: 'primaryPhone', label: 'Primary phone', type: 'tel', max: 100 },
  { name: 'organization', label: 'Organization' },
  { name: 'division', label: 'Division' },
  { name: 'costCenter', label: 'Cost center' },
  { name: 'employeeNumber', label: 'Employee number' },
  { name: 'userType', label: 'User type' },
  { name: 'manager', label: 'Manager' },
  { name: 'streetAddress', label: 'Street address' },
  { name: 'city', label: 'City' },
  { name: 'state', label: 'State' },
  { name: 'zipCode', label: 'Postal code' },
  { name: 'countryCode', label: 'Country code', help: 'Two letters, such as DE or US.', max: 2 },
  { name: 'preferredLanguage', label: 'Preferred language' },
  { name: 'locale', label: 'Locale' },
  { name: 'timezone', label: 'Time zone' },
];

export function textOf(user: User, attribute: string): string {
  const value = user.profile[attribute];
  return typeof value === 'string'
    ? value
    : value === null || value === undefined
      ? ''
      : JSON.stringify(value);
}
