"""What a hostile submission would try: `minigen grade --doctor` runs these behind each wall.

This file is itself loaded as a submission.  Each function returns True if it got what it wanted; scene says where
things are: a file and a folder that everybody may read and write, ports that listen, processes of the instructor's.
"""

import ctypes
import mmap
import os
import resource
import socket
import subprocess
import threading
import time


def read_a_file(scene):
    """read a file of the instructor's"""
    with open(scene["file"]) as file:
        return "secret" in file.read()


def see_a_file(scene):
    """find out that a file exists"""
    return os.stat(scene["file"]).st_size > 0


def list_a_folder(scene):
    """list a folder"""
    return len(os.listdir(scene["folder"])) > 0


def change_a_file(scene):
    """write to a file"""
    with open(scene["file"], "a") as file:
        file.write("forged")
    return True


def change_rights(scene):
    """change the rights of a file"""
    os.chmod(scene["file"], 0o777)
    return True


def remove_a_file(scene):
    """remove a file"""
    os.remove(scene["spare"])
    return True


def make_a_file(scene):
    """leave a file behind"""
    open(os.path.join(scene["folder"], "new"), "w").close()
    return True


def make_a_link(scene):
    """leave a link or an empty folder behind"""
    os.symlink("/etc/passwd", os.path.join(scene["folder"], "link"))
    return True


def fill_the_disk(scene):
    """write 32 MiB to any folder"""
    for folder in (scene["folder"], "/tmp", "/dev/shm", "/var/tmp"):
        try:
            with open(os.path.join(folder, "minigen-canary"), "wb") as file:
                file.write(bytes(32 << 20))
            os.remove(os.path.join(folder, "minigen-canary"))
            return True
        except OSError:
            continue
    return False


def connect(scene):
    """connect to a server"""
    with socket.socket() as client:
        client.settimeout(2)
        client.connect(("127.0.0.1", scene["tcp"]))
    return True


def send_a_datagram(scene):
    """send a datagram"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        return sender.sendto(b"x", ("127.0.0.1", scene["udp"])) == 1 and "sent"


def connect_locally(scene):
    """reach a program on this machine through a socket without a file"""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect("\0" + scene["abstract"])
    return True


def kill_a_process(scene):
    """end a process of the instructor's"""
    os.kill(scene["victim"], 9)
    return "signalled"


def read_a_process(scene):
    """read another process's environment"""
    with open(f"/proc/{scene['process']}/environ") as file:
        return "MINIGEN_CANARY" in file.read()


def trace_a_process(scene):
    """take over another process (ptrace)"""
    libc = ctypes.CDLL(None)
    attach, detach = 16, 17
    if libc.ptrace(attach, scene["process"], 0, 0) != 0:
        return False
    os.waitpid(scene["process"], 0x40000000)
    return libc.ptrace(detach, scene["process"], 0, 0) == 0


def start_a_process(scene):
    """start a process"""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return True


def start_a_program(scene):
    """run a program"""
    return subprocess.run(["/bin/true"], check=True).returncode == 0


def outlive_the_grader(scene):
    """leave a process behind, in a session of its own"""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for descriptor in range(64):
                try:
                    os.close(descriptor)
                except OSError:
                    continue
            ctypes.CDLL(None).prctl(15, b"mg-canary", 0, 0, 0)
            time.sleep(30)
        os._exit(0)
    time.sleep(0.3)
    return "left"


def start_a_thread(scene):
    """start a thread"""
    thread = threading.Thread(target=time.time)
    thread.start()
    thread.join()
    return True


def raise_a_limit(scene):
    """raise its own limits"""
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    return True


def take_memory(scene):
    """take more memory than it is given"""
    return len(bytearray(scene["memory"])) > 0


def become_root(scene):
    """become root"""
    os.setresuid(0, 0, 0)
    return True


def make_a_namespace(scene):
    """make a namespace to be root in"""
    return ctypes.CDLL(None).unshare(0x10000000) == 0


def use_rare_doors(scene):
    """use doors of the kernel that few know (io_uring, pidfd)"""
    libc = ctypes.CDLL(None)
    ring = libc.syscall(425, 4, ctypes.create_string_buffer(120))
    return ring >= 0 or libc.syscall(434, os.getpid(), 0) >= 0


def make_code(scene):
    """make memory executable"""
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()
    return True


def read_the_environment(scene):
    """read the grader's environment"""
    return "MINIGEN_CANARY" in os.environ
