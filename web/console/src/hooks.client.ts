export { handleError } from '@webreports/ui/failed';
