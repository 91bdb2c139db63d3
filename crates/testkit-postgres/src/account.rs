//! Whom the server runs as: PostgreSQL refuses root, so root's tests run it as `postgres` or `nobody`.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) struct Account {
    uid: u32,
    gid: u32,
    /// We are root and must step down to `uid` before a program of PostgreSQL's is started.
    steps_down: bool,
}

impl Account {
    pub(crate) fn find() -> Account {
        let (uid, gid) = (own_id("-u"), own_id("-g"));
        if uid != 0 {
            return Account { uid, gid, steps_down: false };
        }
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let (uid, gid) = ["postgres", "nobody"].iter().find_map(|name| ids_of(&passwd, name)).unwrap_or_else(|| {
            panic!("PostgreSQL refuses to run as root, and there is no account `postgres` or `nobody`")
        });
        Account { uid, gid, steps_down: true }
    }

    /// A command that runs `program` under this account.
    pub(crate) fn command(&self, program: &OsStr) -> Command {
        if !self.steps_down {
            return Command::new(program);
        }
        let mut command = Command::new("setpriv");
        command
            .arg(format!("--reuid={}", self.uid))
            .arg(format!("--regid={}", self.gid))
            .arg("--clear-groups")
            .arg("--")
            .arg(program);
        command
    }

    /// The folder under the temporary folder that holds templates and running servers of this account. Nobody
    /// else may have made it: whoever owns it could change the programs' configuration.
    pub(crate) fn folder(&self) -> PathBuf {
        let folder = self.temporary_folder().join(format!("webreports-postgres-{}", self.uid));
        if let Err(error) = fs::create_dir(&folder)
            && error.kind() != std::io::ErrorKind::AlreadyExists
        {
            panic!("{} could not be made: {error}", folder.display());
        }
        let metadata = fs::symlink_metadata(&folder).expect("the folder was made just now");
        if self.steps_down && metadata.uid() == 0 {
            self.take(&folder);
        } else {
            assert_eq!(metadata.uid(), self.uid, "{} belongs to somebody else", folder.display());
        }
        assert!(metadata.is_dir(), "{} is not a folder", folder.display());
        folder
    }

    /// Gives one file or folder to this account, readable by nobody else.
    pub(crate) fn take(&self, path: &Path) {
        if self.steps_down {
            chown(path, Some(self.uid), Some(self.gid)).expect("root may give files away");
        }
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).expect("the owner sets permissions");
    }

    /// The temporary folder, or `/tmp` where this account could not reach the one that is set.
    fn temporary_folder(&self) -> PathBuf {
        let wanted = std::env::temp_dir();
        let open_to_all = |folder: &Path| fs::metadata(folder).is_ok_and(|metadata| metadata.mode() & 0o001 != 0);
        if self.steps_down && !wanted.ancestors().all(open_to_all) { PathBuf::from("/tmp") } else { wanted }
    }
}

/// Our own numeric id. The standard library has no call for it, and `id` is everywhere.
fn own_id(flag: &str) -> u32 {
    let output = Command::new("id").arg(flag).output().expect("`id` is part of every system");
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("`id` prints a number")
}

fn ids_of(passwd: &str, name: &str) -> Option<(u32, u32)> {
    let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::ids_of;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\npostgres2:x:7:8::/:/bin/sh\npostgres:x:101:103::/:/bin/sh\n";
        assert_eq!(ids_of(passwd, "postgres"), Some((101, 103)));
        assert_eq!(ids_of(passwd, "nobody"), None);
    }
}
