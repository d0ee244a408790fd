# The lab's guest: one boot sector, no operating system, so that it starts at once and its every byte is known.
#
# On each timer tick (18.2 a second) it
#   - dirties `pages` pages of memory, walking from 1 MiB up to `limit` and round again;
#   - counts the tick, and powers off when the ACPI power button was pressed (`virsh shutdown`);
#   - on each `heartbeat`th tick prints '.' on COM1 and writes the tick counter, 32 bits little-endian,
#     into sector 1 of its disk.
# It prints 'B' when it boots, 'S' before it powers off and 'E' when the disk refuses a write: a guest that
# was moved and not restarted has exactly one 'B' in the serial logs of both hosts together.
#
# lab.sh fills the parameters at the end of the sector. Assembled by lab.sh with as and ld (binutils).

    .set COM1, 0x3f8
    .set FIRST_PAGE, 0x100000               # memory below belongs to the firmware
    .set SECTOR_BUFFER, 0x8000
    .set PM1_STATUS, 0x600                  # q35's ACPI registers, as SeaBIOS places them
    .set PM1_ENABLE, 0x602
    .set PM1_CONTROL, 0x604
    .set POWER_BUTTON_HIGH, 1               # bit 8 of a 16-bit register, seen in its high byte
    .set SLEEP_ENABLE_S5, 0x2000
    .set FLAG_NEVER_SLEEP, 1
    .set FLAG_NO_DISK_WRITES, 2

    .code16
    .globl _start
_start:
    cli
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $0x7c00, %sp
    movb %dl, drive
    inb $0x92, %al                          # A20 on
    orb $2, %al
    outb %al, $0x92
    movw $PM1_ENABLE, %dx
    movw $0x100, %ax
    outw %ax, %dx
    movl $FIRST_PAGE, %edi           # %edi: the next page to dirty, for the guest's whole life
    movb $'B', %al
    call print

tick:
    call dirty_pages
    testb $FLAG_NEVER_SLEEP, flags
    jnz 1f
    hlt                                     # until the timer interrupt
1:  incl ticks
    call obey_power_button
    decb until_heartbeat
    jnz tick
    call beat
    jmp tick

# Adds one to the first word of `pages` pages. Memory above 1 MiB is reached through %fs, which has a flat
# 4 GiB segment in its hidden part; loaded anew each time, because the firmware's disk code resets it.
dirty_pages:
    movl pages, %ecx
    jecxz 3f
    cli
    lgdt gdt_register
    movl %cr0, %eax
    orb $1, %al
    movl %eax, %cr0
    jmp 1f                                  # into protected mode ...
1:  movw $8, %bx
    movw %bx, %fs
    andb $0xfe, %al
    movl %eax, %cr0
    jmp 2f                                  # ... and back
2:  sti
1:  incl %fs:(%edi)
    addl $4096, %edi
    cmpl limit, %edi
    jb 2f
    movl $FIRST_PAGE, %edi
2:  loopl 1b
3:  sti
    ret

obey_power_button:
    movw $PM1_STATUS, %dx
    inw %dx, %ax
    testb $POWER_BUTTON_HIGH, %ah
    jz 1f
    movb $'S', %al
    call print
    movw $PM1_CONTROL, %dx
    movw $SLEEP_ENABLE_S5, %ax
    outw %ax, %dx
1:  ret

beat:
    movb heartbeat, %al
    movb %al, until_heartbeat
    movb $'.', %al
    call print
    testb $FLAG_NO_DISK_WRITES, flags
    jnz 1f
    movl ticks, %eax
    movl %eax, SECTOR_BUFFER
    movb $0x43, %ah                         # extended write (INT 13h extensions)
    movb $0, %al
    movb drive, %dl
    movw $disk_packet, %si
    int $0x13
    jnc 1f
    movb $'E', %al
    call print
1:  ret

print:                                      # the byte in %al
    pushw %dx
    movw $COM1, %dx
    outb %al, %dx
    popw %dx
    ret

    .align 4
gdt:
    .quad 0
    .quad 0x00cf92000000ffff                # data, base 0, limit 4 GiB
gdt_register:
    .word . - gdt - 1
    .long gdt
disk_packet:                                # one sector from SECTOR_BUFFER to sector 1
    .byte 16, 0
    .word 1
    .word SECTOR_BUFFER, 0
    .quad 1
drive:           .byte 0
until_heartbeat: .byte 1
ticks:           .long 0

# Parameters; lab.sh writes them at these offsets.
    .org 0x1f0
pages:           .long 0
limit:           .long 0x4000000            # bytes
flags:           .byte 0
heartbeat:       .byte 18                   # ticks

    .org 0x1fe
    .word 0xaa55
